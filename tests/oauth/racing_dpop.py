"""Proofs that many show at once; runs in the racing processes."""

from chalicelib.store import Insert, Key, Store
from chalicelib.tokens.dpop_proofs import Shown
from chalicelib.tokens.proof_refusals import ProofRefused
from tests.oauth.racing import WORLD, services_on
from tests.oauth.server import ISSUER
from tests.store.racing import ROUNDS, agreed
from tests.support.prover import Prover

URL, TOKEN = f"{ISSUER}/pangolins", "a token"


def make(store: Store, partition: str) -> None:
    """Make a proof for each round, and write down where the callers find them."""
    ann = Prover(WORLD)
    proofs = [ann.proof("GET", URL, TOKEN) for _ in range(ROUNDS)]
    store.commit(Insert(Key(partition, "agreed"), {"proofs": proofs}))


def show(store: Store, partition: str, turn: int, _name: str) -> bool:
    """Show this round's proof, as all others do; return whether it was taken."""
    proof = agreed(store, partition)["proofs"][turn]
    try:
        services_on(store).tokens.proofs.accept(Shown(proof, "GET", URL, TOKEN))
    except ProofRefused:
        return False
    return True
