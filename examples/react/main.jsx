import { useState, useSyncExternalStore } from "react";
import { createRoot } from "react-dom/client";
import { connect } from "http://localhost:8000/cupbearer.js";
import "http://localhost:8000/cupbearer-elements.js";

const cupbearer = connect({ clientId: "CLIENT_ID", scope: "openid profile get:profile", postLogoutRedirectUri: `${location.origin}/` });
const useSession = () => useSyncExternalStore((changed) => cupbearer.onChange(changed), () => cupbearer.session);

function Profile() {
  const [name, setName] = useState("");
  const ask = async () => {
    const answer = await cupbearer.fetch("http://localhost:8000/profile");
    setName((await answer.json()).name);
  };
  return <main><button onClick={ask}>Ask the API</button> <output>{name}</output></main>;
}

function App() {
  const { state } = useSession();
  return (
    <>
      <h1>My app</h1>
      <cupbearer-user client={cupbearer} />
      {state === "in" && <Profile />}
    </>
  );
}

createRoot(document.getElementById("app")).render(<App />);
