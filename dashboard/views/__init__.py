"""One module a page, each with ``render(view)``; ``dashboard/app.py`` lists them.

The folder is not called ``pages``: Streamlit takes that for pages of its own, so that the first reader of a new
server who opens the address of a page gets an empty one.
"""
