"""How the documentation is built: `nox -s docs`, without a network."""

from importlib import metadata

project = "pytest-isolation"
author = "The pytest-isolation maintainers"
copyright = f"2026, {author}"  # noqa: A001 - the name that Sphinx reads
release = metadata.version(project)

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"{project} {release}"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_default_options = {"members": True, "show-inheritance": True}

# Names outside this project have no page here: no inventory is downloaded, so that a build needs no network.
nitpick_ignore_regex = [
    (r"py:.*", r"(?!isolation\b).*"),
    (r"py:.*", r"isolation\.(.*\.)?_.*"),
]
