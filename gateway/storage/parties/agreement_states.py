"""What a stored version of an agreement may become, and what must hold for it.

The steps decide *who* may propose, sign and activate. This is the last guard beneath them: whatever
a step forgets, no version becomes active that not every party has signed, a signed text takes no
further parties, and what has ended stays ended.
"""

from __future__ import annotations

from gateway.agreements.model import AgreementState
from gateway.errors import Conflict
from gateway.exchange.ports.parties import AgreementRecord, AgreementSignature

_S = AgreementState

#: Lawful successors of each state.
SUCCESSORS: dict[AgreementState, frozenset[AgreementState]] = {
    _S.PROPOSED: frozenset({_S.ACTIVE, _S.ENDED}),
    _S.ACTIVE: frozenset({_S.SUPERSEDED, _S.SUSPENDED, _S.ENDED}),
    _S.SUSPENDED: frozenset({_S.ACTIVE, _S.SUPERSEDED, _S.ENDED}),
    _S.SUPERSEDED: frozenset(),
    _S.ENDED: frozenset(),
}


def check_proposal(record: AgreementRecord) -> None:
    """A version enters as a proposal, unsigned.

    Raises:
        Conflict: ``state-conflict``.
    """
    if record.state is not _S.PROPOSED or record.signed_by:
        raise Conflict(
            "state-conflict",
            "A version of an agreement is stored as a proposal, without signatures.",
            remedy="Propose it first; signatures and activation follow one by one.",
        )


def check_signature(record: AgreementRecord, signature: AgreementSignature) -> None:
    """Only a party signs, once, and only a proposal.

    Raises:
        Conflict: ``state-conflict``, ``signer-not-a-party`` or ``agreement-signature-exists``.
    """
    if record.state is not _S.PROPOSED:
        raise Conflict(
            "state-conflict",
            f"A version of an agreement in the state '{record.state}' takes no signatures.",
            remedy="Only a proposed version can be signed.",
            state=str(record.state),
        )
    if signature.agency not in record.agreement.parties:
        raise Conflict(
            "signer-not-a-party",
            "The signing agency is not a party of this agreement.",
            remedy="Only the parties that the document names can sign it.",
        )
    if signature.agency in record.signed_by:
        raise Conflict(
            "agreement-signature-exists",
            "This agency has signed this version already.",
            remedy="There is nothing left to do.",
        )


def check_state_change(present: AgreementState, wanted: AgreementState) -> None:
    """Whether ``wanted`` may follow ``present``.

    Raises:
        Conflict: ``state-conflict``.
    """
    if wanted not in SUCCESSORS[present]:
        lawful = ", ".join(sorted(SUCCESSORS[present])) or "nothing, the state is final"
        raise Conflict(
            "state-conflict",
            f"A version of an agreement cannot go from '{present}' to '{wanted}'.",
            remedy=f"Possible there: {lawful}.",
            state=str(present),
        )


def check_activation(record: AgreementRecord) -> None:
    """Every party has signed this version.

    Raises:
        Conflict: ``agreement-not-signed`` naming the parties that have not.
    """
    unsigned = sorted(set(record.agreement.parties) - record.signed_by)
    if unsigned:
        raise Conflict(
            "agreement-not-signed",
            f"Not every party has signed this version; missing: {', '.join(unsigned)}.",
            remedy="Let these agencies sign the same digest.",
            missing=unsigned,
        )
