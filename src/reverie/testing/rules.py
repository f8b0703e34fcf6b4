"""What the checks share: how a rule is said when it is broken, and what a component is tried with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from types import ModuleType
from typing import Any

import torch
from pydantic import BaseModel
from torch import Tensor

from reverie import registry

CPU = torch.device("cpu")
NEAR = 1e-3  # mean difference of what should be the same but for the rounding of other batch sizes


def require(held: bool, rule: str, seen: str) -> None:
    """Raise ``AssertionError`` with the rule and what was seen, unless it holds."""
    if not held:
        raise AssertionError(f"{rule}\n  Seen: {seen}.")


def made(kind: str, component: Any, options: Mapping[str, Any]) -> Any:
    """A component by its registered name, of its module, or the thing itself."""
    if isinstance(component, str):
        check_options(registry.options(kind, component))
        return registry.build(kind, component, options, CPU)
    if not isinstance(component, ModuleType):
        return component
    model = getattr(component, "Options", None)
    sound = isinstance(model, type) and issubclass(model, BaseModel)
    require(sound, "A component's module has a pydantic model `Options`.", f"{component.__name__}.Options is {model!r}")
    check_options(component.Options)
    require(callable(getattr(component, "build", None)), "A component's module has a function `build(options, device)`.", "there is none")
    return component.build(registry.parse_options(component.Options, component.__name__.rpartition(".")[2], options), CPU)


def check_options(model: type[BaseModel]) -> None:
    for name, about in model.model_fields.items():
        require(not about.is_required(), "Every option has a default: a component paints by its name alone.", f"{name} has none")
        require(bool(about.description), "Every option has a description: it is what `reverie components` says.", f"{name} has none")


@contextmanager
def silence() -> Iterator[None]:
    """Nothing may be printed, and no global random numbers drawn, within."""
    heard, numbers = StringIO(), torch.get_rng_state()
    with redirect_stdout(heard), redirect_stderr(heard):
        yield
    require(not heard.getvalue(), "Components print nothing: the screen belongs to the command line.", repr(heard.getvalue()[:200]))
    drawn = not torch.equal(torch.get_rng_state(), numbers)
    require(not drawn, "Random numbers come from the given Rng alone, or a picture could not be painted again.", "torch's own were drawn")


def has(thing: Any, what: str, *methods: str) -> None:
    for name in methods:
        there = callable(thing) if name == "__call__" else callable(getattr(thing, name, None))
        require(there, f"{what} has the methods {', '.join(methods)} (reverie.types).", f"{type(thing).__name__} has no {name}")


def numbers(found: Any, shape: tuple[int, ...], what: str) -> None:
    """That something is a tensor of finite real numbers of this shape."""
    rule = f"{what} is a tensor of floats {list(shape)}, all finite."
    require(isinstance(found, Tensor), rule, type(found).__name__)
    require(found.shape == shape and found.is_floating_point(), rule, f"{list(found.shape)} of {found.dtype}")
    require(bool(found.isfinite().all()), rule, f"{int((~found.isfinite()).sum())} values that are not finite")


def gradients(value: Tensor, to: Mapping[str, Tensor], rule: str) -> dict[str, Tensor]:
    """The gradient of ``value`` to each of some tensors, finite, and not zero in any of them."""
    require(value.requires_grad, rule, "there is no gradient at all (a no_grad, a detach or a rounding on the way)")
    found = torch.autograd.grad(value, list(to.values()), allow_unused=True)
    for name, grad in zip(to, found, strict=True):
        require(grad is not None and bool(grad.any()), rule, f"the gradient to {name} is zero")
        require(grad is not None and bool(grad.isfinite().all()), rule, f"the gradient to {name} is not finite")
    return {name: grad for name, grad in zip(to, found, strict=True) if grad is not None}


def apart(grads: Mapping[str, Tensor], row: int) -> None:
    """That the gradients of one row's value reach no other row."""
    for name, grad in grads.items():
        others = [i for i in range(len(grad)) if i != row and bool(grad[i].any())]
        seen = f"what row {row} gave depends on row {others[0] if others else row} of {name}"
        require(not others, "Rows never mix: each belongs to another dream.", seen)


def alike(one: Tensor, other: Tensor, rule: str, tolerance: float = NEAR) -> None:
    far = (one - other).abs().mean().item()
    require(far <= tolerance, rule, f"they differ by {far:.2g} on average, more than {tolerance:g}")


def untaught(thing: Any) -> None:
    """That a component's weights take no gradients."""
    for name, network in vars(thing).items() if hasattr(thing, "__dict__") else ():
        if isinstance(network, torch.nn.Module):
            learns = any(weight.requires_grad or weight.grad is not None for weight in network.parameters())
            require(not learns, "Weights are frozen (`requires_grad_(False)`): dreams share them.", f"those of {name} take gradients")
            require(not network.training, "Networks are in `eval()`: else a row's picture depends on the others.", f"{name} is training")


def downhill(parts: tuple[Tensor, ...], rate: float, loss: Callable[[], Tensor], after: Callable[[], None] = lambda: None) -> Tensor:
    """The losses [steps,B] of 20 steps by Adam."""
    optimiser, losses = torch.optim.Adam(parts, lr=rate), []
    for _ in range(20):
        optimiser.zero_grad()
        found = loss()
        losses.append(found.detach())
        found.sum().backward()
        optimiser.step()
        with torch.no_grad():
            after()
    return torch.stack(losses)
