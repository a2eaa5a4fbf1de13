"""One module a page, each with ``render(view)``; ``dashboard/app.py`` lists them."""
