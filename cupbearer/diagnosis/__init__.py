"""What ``cupbearer doctor`` looks at, from outside, as a browser and a program would."""
