"""The README's Python is true: every block runs, in order, and computes what torch computes."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def blocks(path: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE)


def test_readme_blocks_run(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch", reason="the README's examples are PyTorch models")
    pytest.importorskip("transformers", reason="the README's first example is a transformers model")
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    sources = blocks(ROOT / "README.md")
    assert len(sources) == 3
    for number, source in enumerate(sources):
        exec(compile(source, f"README.md, block {number}", "exec"), names)
    with torch.no_grad():
        torch.testing.assert_close(names["logits"], names["model"](names["image"]).logits, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(names["y"], names["RMSNorm"]()(names["x"]), rtol=1e-4, atol=1e-4)
    x = torch.linspace(-4, 4, 32).reshape(4, 8)
    torch.testing.assert_close(names["softsign"](x), torch.nn.functional.softsign(x), rtol=1e-6, atol=1e-6)
    assert (tmp_path / "resnet.vmfb").exists()


def test_readme_names_two_setup_commands():
    text = (ROOT / "README.md").read_text()
    first_screen = "\n".join(text.splitlines()[:20])
    assert re.findall(r"^    make (\w+)", first_screen, re.MULTILINE) == ["demo", "test"]


def test_links_of_the_documentation_lead_somewhere():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        # Code has brackets before parentheses, too: a link names a file.
        for target in re.findall(r"\]\(([\w./-]+\.\w+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
