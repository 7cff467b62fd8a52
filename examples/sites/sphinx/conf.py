project = "Garden notes"
html_theme = "alabaster"
html_use_index = False
html_sidebars = {"**": ["about.html", "lode-search.html", "navigation.html"]}
templates_path = ["_templates"]
exclude_patterns = ["README.md"]
