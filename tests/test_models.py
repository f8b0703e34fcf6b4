"""Models come onto this machine: pulled from a real server, or added from files; and nothing but whole, right files is installed."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hosting import Host, hosting
from test_download import DATA, PAGE, QUICK, SHA, archive

import reverie
from reverie import library, models, paths
from reverie.errors import BadRequest, Failed
from reverie.library import RECORD, find, folder_of, problems, remove
from reverie.manifest import Model
from reverie.models import add, pull

YAML = b"model:\n  target: taming.models.vqgan.VQModel\n"


@pytest.fixture
def host() -> Iterator[Host]:
    with hosting() as one:
        one.files |= {"/model.ckpt": DATA, "/model.yaml": YAML}
        yield one


@pytest.fixture
def model(host: Host, monkeypatch: pytest.MonkeyPatch) -> Model:
    """A known model of two files, one with a known hash, on two mirrors of which the first is gone."""
    cite = {"cited": "here"}
    urls = {
        name: [{"url": f"{host.url}{at}", **cite} for at in (f"/gone/{name}", f"/model.{name[-4:]}")] for name in ("toy.yaml", "toy.ckpt")
    }
    files = [
        {"name": "toy.yaml", "urls": urls["toy.yaml"], "sha256": None, "bytes": None},
        {"name": "toy.ckpt", "urls": urls["toy.ckpt"], "sha256": {"value": SHA, **cite}, "bytes": {"value": len(DATA), **cite}},
    ]
    rest: dict[str, Any] = {"licence": None, "page": None, "note": None, "good_for": "tests"}
    made = Model.model_validate({"name": "toy/16", "kind": "vqgan", "component": "generator", "main": "toy.ckpt", "files": files, **rest})
    for module in (library, models):
        monkeypatch.setattr(module, "known", lambda: MappingProxyType({made.name: made}))
    return made


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_a_pull_installs_and_records(host: Host, model: Model) -> None:
    seen: list[tuple[str, int, int | None]] = []
    record = pull("toy/16", tell=lambda *at: seen.append(at), patience=QUICK)
    assert record == find("toy/16") and record.path == folder_of("toy/16") / "toy.ckpt" and record.path.read_bytes() == DATA
    assert sorted(path.name for path in record.folder.iterdir()) == [RECORD, "toy.ckpt", "toy.yaml"]
    assert record.files["toy.yaml"].sha256 == hashlib.sha256(YAML).hexdigest(), "recorded where it is not known"
    assert record.files["toy.ckpt"].source == f"{host.url}/model.ckpt" and seen[-1] == ("toy.ckpt", len(DATA), len(DATA))
    host.asked.clear()
    assert pull("toy/16", patience=QUICK) == record and host.asked == [], "what is here is only checked"


def test_a_pull_that_was_cut_off_goes_on(host: Host, model: Model) -> None:
    host.cuts = [len(YAML), 70_000, 0, 0, 0]
    with pytest.raises(Failed, match="toy.ckpt could not be fetched"):
        pull("toy/16", patience=QUICK)
    assert find("toy/16") is None and (folder_of("toy/16") / "toy.ckpt.partial").is_file()
    host.asked.clear()
    pull("toy/16", patience=QUICK)
    assert [(path, part) for path, part, _ in host.asked if "gone" not in path] == [("/model.ckpt", "bytes=70000-")]
    assert find("toy/16")


def test_where_no_mirror_has_it_a_reader_is_told_what_to_put_where(host: Host, model: Model) -> None:
    host.files = {"/model.yaml": YAML, "/model.ckpt": PAGE}
    with pytest.raises(Failed) as caught:
        pull("toy/16", patience=QUICK)
    told, folder = str(caught.value), folder_of("toy/16")
    assert "answers 404" in told and "sends a web page" in told
    assert f"By hand: put {host.url}/gone/toy.ckpt at {folder / 'toy.ckpt'}; then it is installed" in told
    (folder / "toy.ckpt").write_bytes(DATA)
    record = find("toy/16")
    assert record and record.files["toy.ckpt"].source == "by hand" and (folder / RECORD).is_file()


def test_a_wrong_file_put_there_by_hand_is_told_and_replaced(host: Host, model: Model) -> None:
    folder = folder_of("toy/16")
    folder.mkdir(parents=True)
    (folder / "toy.yaml").write_bytes(YAML)
    for content, said in ((archive(1000), "has the SHA-256"), (PAGE, "is a web page"), (b"", "is empty")):
        (folder / "toy.ckpt").write_bytes(content)
        with pytest.raises(BadRequest, match=said):
            find("toy/16")
    assert library.installed() == {}
    assert problems(pull("toy/16", patience=QUICK)) == {"toy.yaml": "", "toy.ckpt": ""}


def test_everything_installed_works_offline(host: Host, model: Model, request: pytest.FixtureRequest) -> None:
    record = pull("toy/16", patience=QUICK)
    request.getfixturevalue("offline")
    assert find("toy/16") == record and library.path_of("toy/16", "generator") == record.path
    assert library.installed() == {"toy/16": record} and set(problems(record).values()) == {""}
    assert pull("toy/16") == record


def test_a_flipped_byte_is_found_and_mended(host: Host, model: Model) -> None:
    record = pull("toy/16", patience=QUICK)
    for file, place in (("toy.ckpt", 100_000), ("toy.yaml", 3)):
        held = bytearray((record.folder / file).read_bytes())
        held[place] ^= 1
        (record.folder / file).write_bytes(held)
        assert [name for name, problem in problems(record).items() if problem] == [file]
        assert problems(pull("toy/16", patience=QUICK)) == {"toy.yaml": "", "toy.ckpt": ""}


def test_a_file_that_shrank_or_went_is_told_when_it_is_asked_for(host: Host, model: Model) -> None:
    record = pull("toy/16", patience=QUICK)
    record.path.write_bytes(DATA[:-1])
    with pytest.raises(BadRequest, match="damaged.*has not its .* bytes.*pull toy/16"):
        find("toy/16")
    record.path.unlink()
    with pytest.raises(BadRequest, match="damaged.*is gone"):
        library.path_of("toy/16")
    pull("toy/16", patience=QUICK)
    assert find("toy/16")


@pytest.mark.parametrize("length", [0, 1, 40, -2])
def test_a_truncated_record_is_made_anew(host: Host, model: Model, length: int) -> None:
    record = pull("toy/16", patience=QUICK)
    whole = (record.folder / RECORD).read_bytes()
    (record.folder / RECORD).write_bytes(whole[:length])
    found = find("toy/16")
    assert found and found.files["toy.ckpt"].sha256 == SHA and json.loads((record.folder / RECORD).read_bytes())


@pytest.mark.parametrize("files", [{"../../x": {}}, {"a/b": {}}, {"x": {"sha256": "0" * 64, "bytes": "many", "source": ""}}])
def test_a_record_that_leads_elsewhere_is_no_record(files: dict[str, Any]) -> None:
    folder_of("mine").mkdir(parents=True)
    (folder_of("mine") / RECORD).write_text(json.dumps({"version": 1, "name": "mine", "files": files}))
    with pytest.raises(BadRequest, match="damaged.*add FILE --name mine"):
        find("mine")


def test_an_unknown_model_needs_a_source(host: Host, model: Model) -> None:
    with pytest.raises(BadRequest, match="no model 'toy/17'. Did you mean 'toy/16'"):
        pull("toy/17")
    record = pull("mine", [f"{host.url}/model.ckpt", f"{host.url}/model.yaml?dl=1"], patience=QUICK)
    assert find("mine") == record and record.main == "model.ckpt" and record.component is None and record.kind == ""


def test_from_a_file_a_folder_or_an_address_first(host: Host, model: Model, tmp_path: Path) -> None:
    (tmp_path / "last.ckpt").write_bytes(DATA)
    record = pull("toy/16", [str(tmp_path / "last.ckpt"), f"{host.url}/model.yaml"], patience=QUICK)
    assert record.files["toy.ckpt"].source == str(tmp_path / "last.ckpt")
    assert record.files["toy.yaml"].source == f"{host.url}/model.yaml" and len(host.asked) == 1
    remove("toy/16")
    for name, content in (("toy.ckpt", DATA), ("toy.yaml", YAML), ("README.md", b"x")):
        (tmp_path / name).write_bytes(content)
    host.asked.clear()
    assert pull("toy/16", [str(tmp_path)], patience=QUICK).path.read_bytes() == DATA and host.asked == []
    for given, said in (
        (tmp_path / "none", "no file"),
        (tmp_path / "README.md", "could be any of"),
        (Path(__file__).parent, "holds none of"),
    ):
        with pytest.raises(BadRequest, match=said):
            pull("toy/16", [str(given)])


def test_files_are_added_and_a_known_model_is_recognised(model: Model, tmp_path: Path, offline: None) -> None:
    (tmp_path / "last.ckpt").write_bytes(DATA)
    (tmp_path / "project.yaml").write_bytes(YAML)
    with pytest.raises(BadRequest, match="'toy/16' needs toy.yaml as well"):
        add([tmp_path / "last.ckpt"])
    record = add([tmp_path / "last.ckpt", tmp_path / "project.yaml"])
    assert record.name == "toy/16" and record == find("toy/16") and record.kind == "vqgan"
    (tmp_path / "other.ckpt").write_bytes(archive(1000))
    with pytest.raises(BadRequest, match="has the SHA-256"):
        add([tmp_path / "other.ckpt", tmp_path / "project.yaml"], "toy/16")
    assert find("toy/16") == record, "what was there is untouched"
    mine = add([tmp_path / "other.ckpt"], kind="vqgan", component="generator")
    assert mine.name == "other" and find("other") == mine and set(library.installed()) == {"toy/16", "other"}
    again = add([mine.path], "other")
    assert again.files == {"other.ckpt": again.files["other.ckpt"]} and again.path.read_bytes() == archive(1000)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("a.ckpt", PAGE, "web page"), ("a.ckpt", DATA[:-9], "cut off"), (".hidden", DATA, "no name"), ("ä.ckpt", DATA, "no name")],
)
def test_what_cannot_be_a_model_is_not_added(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadRequest, match=said):
        add([tmp_path / name], "mine")
    assert not list(paths.models_dir().glob("mine/*"))


@pytest.mark.parametrize("name", ["../x", "/x", "a//b", "a b", "-x", "", ".", "x" * 101, "a/../b", "ä"])
def test_names_lead_nowhere_else(name: str) -> None:
    assert find(name) is None
    with pytest.raises(BadRequest, match="can be no model's name"):
        folder_of(name)


def test_removing_leaves_others_alone(host: Host, model: Model, tmp_path: Path) -> None:
    pull("mine", [f"{host.url}/model.ckpt"], patience=QUICK)
    record = pull("toy/16", patience=QUICK)
    (record.folder / "notes.txt").write_text("mine")
    (record.folder / "toy.ckpt.partial").write_text("left")
    assert remove("toy/16") == [record.folder / "notes.txt"] == list(record.folder.iterdir())
    assert find("toy/16") is None and find("mine") and remove("mine") == [] and not folder_of("mine").exists()
    with pytest.raises(BadRequest, match="no installed model 'mine'"):
        remove("mine")


def test_a_folder_that_cannot_be_written_to_is_told(host: Host, model: Model) -> None:
    paths.models_dir().parent.mkdir(parents=True)
    paths.models_dir().write_text("in the way")
    with pytest.raises(Failed, match="Models cannot be kept in .*REVERIE_HOME names another place"):
        pull("toy/16", patience=QUICK)


@pytest.mark.skipif(os.name == "nt", reason="folders are made read-only otherwise there")
def test_a_read_only_folder_is_told(host: Host, model: Model) -> None:
    paths.models_dir().mkdir(parents=True)
    paths.models_dir().chmod(0o500)
    user = os.geteuid()
    os.seteuid(user or 65534)  # root may write everywhere
    try:
        with pytest.raises(Failed, match="permission denied"):
            pull("toy/16", patience=QUICK)
    finally:
        os.seteuid(user)


PULL = "import sys\nfrom reverie.cli import main\nsys.exit(main(['models', 'pull', 'mine', '--from', sys.argv[1], '--quiet']))"


def test_two_pulls_at_once_are_one(host: Host) -> None:
    """Processes: one pulls, the others are told so, and the file is whole."""
    host.drip, host.files["/small.yaml"] = 0.02, YAML
    environment = {**os.environ, "PYTHONPATH": str(Path(reverie.__file__).parents[1])}
    words = [sys.executable, "-c", PULL, f"{host.url}/small.yaml"]
    pulls = [subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [one.communicate(timeout=60) for one in pulls]
    codes = sorted(one.returncode for one in pulls)
    assert codes[0] == 0 and set(codes) <= {0, 1}, told
    assert all("Another process is at work" in errors for (_, errors), one in zip(told, pulls, strict=True) if one.returncode)
    record = find("mine")
    assert record and record.path.read_bytes() == YAML
    assert sorted(path.name for path in record.folder.iterdir()) == [RECORD, "small.yaml"]


def test_a_pull_that_is_killed_leaves_no_half_written_file(host: Host) -> None:
    host.drip, host.piece, host.files["/slow.ckpt"] = 0.05, 2_000, DATA
    environment = {**os.environ, "PYTHONPATH": str(Path(reverie.__file__).parents[1])}
    words = [sys.executable, "-c", PULL, f"{host.url}/slow.ckpt"]
    one = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    partial = folder_of("mine") / "slow.ckpt.partial"
    while one.poll() is None and not (partial.is_file() and partial.stat().st_size):
        pass
    one.kill()
    one.communicate(timeout=60)
    assert partial.stat().st_size and not (folder_of("mine") / "slow.ckpt").exists() and find("mine") is None
    host.drip = 0.0
    assert pull("mine", [f"{host.url}/slow.ckpt"], patience=QUICK).path.read_bytes() == DATA
