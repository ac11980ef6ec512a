"""A PDF from outside, read by a bounded child process: words with their places, tables, pictures.

Nothing here imports a PDF library; `inside` alone does, and it runs in the child only.
"""
