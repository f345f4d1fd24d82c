"""Sphinx's configuration of the site, and the links that its sources do not write themselves.

The name of a module, plugin, role or playbook in inline code becomes a link to its page, and the path of a
guide one to the guide. Names that are also words or variables are links only where the text before
them, or the heading of their table's column, says what they are.
"""

from __future__ import annotations

import re
import sys
import typing as t
from pathlib import Path

from docutils import nodes
from sphinx import addnodes

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from scripts.release import Tree, coming_version  # noqa: E402

if t.TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

TREE = Tree(ROOT)

project = "nfv.vsphere_dpdk"
project_copyright = "2026, nfv.vsphere_dpdk contributors"
version = coming_version(TREE.fragments) if TREE.fragments else TREE.version
extensions = ["myst_parser", "sphinx_antsibull_ext"]
html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_title = f"nfv.vsphere_dpdk {version}"
html_copy_source = False
html_show_sphinx = False
html_use_index = False
# What is wrong in dark mode is seen in the operating system's choice, which furo follows by itself.
antsibull_ext_color_scheme = "default-autodark"
highlight_language = "text"
myst_heading_anchors = 4
nitpicky = True

ANSIBLE = "https://docs.ansible.com/projects/ansible/latest"
# Labels of Ansible's own documentation that antsibull-docs refers to.
ANSIBLE_LABELS = {
    "action_plugins": f"{ANSIBLE}/plugins/action.html",
    "ansible_configuration_settings": f"{ANSIBLE}/reference_appendices/config.html",
    "callback_plugins": f"{ANSIBLE}/plugins/callback.html",
    "collections_keyword": f"{ANSIBLE}/collections_guide/collections_using_playbooks.html",
    "common_return_values": f"{ANSIBLE}/reference_appendices/common_return_values.html",
}
_OTHERS = re.compile(r"ansible_collections\.(\w+)\.(\w+)\.(\w+)$")
_GUIDE = re.compile(r"\bdocs/(\w+)\.md\b")
_KINDS = {kind: names for (_name, kind), names in TREE.content.items()}
# What a word before a name, or above its column, says of it.
_WORDS = {word: kind for kind in _KINDS for word in (kind, f"{kind}s")}


def kind_of(name: str, word: str) -> str | None:
    """Which kind of content a name is, after a word such as "role"; None for what is none, or may be something else."""
    kinds = [kind for kind, names in _KINDS.items() if name in names]
    if _WORDS.get(word) in kinds:
        return _WORDS[word]
    variables = any(
        re.search(rf"(?m)^      {name}:", path.read_text()) for path in ROOT.glob("roles/*/meta/*specs.yml")
    )
    return kinds[0] if len(kinds) == 1 and "_" in name and not variables else None


def _word_before(literal: nodes.literal) -> str:
    """The last word before a name, or the heading of its column."""
    siblings = literal.parent.children
    position = siblings.index(literal)
    # "modules `a`, `b` and `c`" says it of each of them.
    while position and (isinstance(siblings[position - 1], nodes.literal) or _joins(siblings[position - 1])):
        position -= 1
    before = siblings[position - 1].astext().rstrip() if position else ""
    if before:
        return re.findall(r"\w*$", before)[0].lower()
    cell, table = _ancestor(literal, nodes.entry), _ancestor(literal, nodes.table)
    heads = list(table.findall(nodes.thead)) if table else []
    return heads[0][0][cell.parent.index(cell)].astext().lower() if cell and heads else ""


def _joins(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Text) and node.astext().strip() in (",", "and", ", and", "or")


def _ancestor(node: nodes.Node, kind: type[nodes.Element]) -> nodes.Element | None:
    parent = node.parent
    while parent is not None and not isinstance(parent, kind):
        parent = parent.parent
    return parent


def _reference(domain: str, kind: str, target: str, document: str, content: nodes.Node) -> addnodes.pending_xref:
    options = {"refdomain": domain, "reftype": kind, "reftarget": target, "refdoc": document, "refwarn": True}
    return addnodes.pending_xref("", content, refexplicit=True, **options)


def link_names(app: Sphinx, tree: nodes.document) -> None:
    """Makes links of names in inline code, and of guides' paths anywhere in prose."""
    here = app.env.docname
    # The theme has a page's contents beside it.
    for topic in [topic for topic in tree.findall(nodes.topic) if "contents" in topic["classes"]]:
        topic.parent.remove(topic)
    # All are found before the first becomes a link: what a name is can depend on the names before it.
    named = [(literal, _name_of(literal)) for literal in tree.findall(nodes.literal) if not _linked(literal)]
    for literal, (name, kind) in named:
        if kind == "playbook" and here != f"playbooks/{name}":
            literal.replace_self(_reference("std", "doc", f"/playbooks/{name}", here, literal.deepcopy()))
        elif kind not in (None, "playbook") and not here.startswith(f"reference/{name}_"):
            label = f"ansible_collections.nfv.vsphere_dpdk.{name}_{kind}"
            literal.replace_self(_reference("std", "ref", label, here, literal.deepcopy()))
    for text in [text for text in tree.findall(nodes.Text) if _GUIDE.search(text) and not _linked(text)]:
        _link_guides(text, here)


def _name_of(literal: nodes.literal) -> tuple[str, str | None]:
    """The name in inline code, and which kind of content it is."""
    name = literal.astext().removeprefix("nfv.vsphere_dpdk.")
    return name, kind_of(name, _word_before(literal)) if re.fullmatch(r"\w+", name) else None


def _linked(node: nodes.Node) -> bool:
    """Whether a node is part of a link, or of what has none: titles and examples."""
    return any(
        _ancestor(node, kind) for kind in (nodes.reference, addnodes.pending_xref, nodes.title, nodes.literal_block)
    )


def _link_guides(text: nodes.Text, here: str) -> None:
    """Puts links in the place of the guides' paths in a text."""
    parts: list[nodes.Node] = []
    end = 0
    for match in _GUIDE.finditer(text):
        target = match[0].removesuffix(".md")
        if target == here or not (ROOT / match[0]).is_file():
            continue
        parts += [
            nodes.Text(text[end : match.start()]),
            _reference("std", "doc", f"/{target}", here, nodes.inline("", match[0])),
        ]
        end = match.end()
    text.parent.replace(text, [*parts, nodes.Text(text[end:])])


def link_ansible(
    _app: Sphinx, _env: BuildEnvironment, node: addnodes.pending_xref, content: nodes.Element
) -> nodes.Node | None:
    """A link to Ansible's documentation, for references to what this site does not have."""
    target = node.get("reftarget", "")
    other = _OTHERS.match(target)
    if target in ANSIBLE_LABELS:
        address = ANSIBLE_LABELS[target]
    elif other and target.split(".")[1:3] != project.split("."):
        address = f"{ANSIBLE}/collections/{other[1]}/{other[2]}/{other[3]}.html"
    else:
        return None
    return nodes.reference("", "", content, internal=False, refuri=address)


def setup(app: Sphinx) -> None:
    """Sphinx calls this."""
    app.connect("doctree-read", link_names)
    app.connect("missing-reference", link_ansible)
