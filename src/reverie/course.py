"""What changes while a batch of dreams is painted, and nothing else: enough to go on as if nothing had happened.

Random numbers are no part of it: they come from seed and step alone (``rng.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from reverie.errors import BadRequest
from reverie.memory import Portions
from reverie.optimisers import counts_on
from reverie.types import Latent
from reverie.watch import Rules, Watch

_FIXED = ("latent.", "slow.", "undone", "origin", "watch.ends")  # what has the same shape at every step

Tensors = Mapping[str, Tensor]


@dataclass
class Course:
    """A batch under way. ``slow`` is the latent's slow average, empty without one; ``undone`` [B] counts the poisoned steps;
    ``terms`` are the last sound losses [B] by name; ``watch`` is what was seen on the way; ``origin`` [B,3,H,W] is the picture
    that the painting is held to, if any; ``portions`` is how much is worked on at once, which changes when memory runs short.
    """

    latent: Latent
    optimiser: torch.optim.Optimizer
    slow: tuple[Tensor, ...]
    undone: Tensor
    terms: Tensors
    watch: Watch
    taken: int = 0
    origin: Tensor | None = None
    portions: Portions | None = None

    @classmethod
    def begin(
        cls,
        latent: Latent,
        optimiser: torch.optim.Optimizer,
        ema: float = 0.0,
        origin: Tensor | None = None,
        rules: Rules = Rules(),  # noqa: B008 - frozen
    ) -> Course:
        """Before the first step."""
        first = latent.parts[0]
        slow = tuple(part.detach().clone() for part in latent.parts) if ema else ()
        undone = torch.zeros(len(first), dtype=torch.long, device=first.device)
        return cls(latent, optimiser, slow, undone, {}, Watch(rules, latent.parts), origin=origin)

    def renew(self, latent: Latent, optimiser: torch.optim.Optimizer, origin: Tensor | None = None) -> None:
        """Go on with another latent, where it stands."""
        self.latent, self.optimiser, self.origin = latent, optimiser, origin
        self.slow = tuple(part.detach().clone() for part in latent.parts) if self.slow else ()

    def state(self) -> dict[str, Tensor]:
        """Everything by name, as it is now: the tensors are the course's own, and change with its next step."""
        found = {"taken": torch.tensor(self.taken), "undone": self.undone}
        found["size"] = torch.tensor([self.latent.height, self.latent.width])
        for i, part in enumerate(self.latent.parts):
            found[f"latent.{i}"] = part.detach()
            kept = self.optimiser.state.get(part, {})
            found |= {f"optimiser.{i}.{name}": value for name, value in kept.items() if isinstance(value, Tensor)}
        found |= {f"watch.{name}": value for name, value in self.watch.state().items()}
        found |= {f"slow.{i}": part for i, part in enumerate(self.slow)}
        found |= {f"term.{name}": term for name, term in self.terms.items()}
        if self.portions is not None:
            found["portions"] = torch.tensor([self.portions.views, self.portions.dreams, self.portions.frugal])
        return found | ({} if self.origin is None else {"origin": self.origin})

    @torch.no_grad()
    def restore(self, state: Tensors) -> None:
        """Go on from what ``state`` gave; raises ``BadRequest`` when that was of another dream. Changes nothing then."""
        fixed = {name: value for name, value in self.state().items() if name.startswith(_FIXED)}
        wrong = [name for name, value in fixed.items() if name not in state or state[name].shape != value.shape]
        if wrong or "taken" not in state:
            raise BadRequest(f"This state is of another dream: {', '.join(wrong or ['taken'])} does not fit.")
        for name, value in fixed.items():
            value.copy_(state[name])
        for i, part in enumerate(self.latent.parts):
            kept = _below(f"optimiser.{i}.", state)
            counts = counts_on(self.optimiser, part)
            self.optimiser.state[part] = {
                name: value.clone().to(part.device if value.shape == part.shape else counts) for name, value in kept.items()
            }
        self.terms = {name: value.to(self.undone.device) for name, value in _below("term.", state).items()}
        self.watch.restore(_below("watch.", state))
        self.taken = int(state["taken"])
        if "portions" in state:
            views, dreams, frugal = state["portions"].tolist()
            self.portions = Portions(views, dreams, bool(frugal))


def _below(prefix: str, state: Tensors) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
