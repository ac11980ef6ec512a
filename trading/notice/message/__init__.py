"""Messages to people: which acts tell whom, the inbox, and where mail goes.

Before CLOSE nothing at rest may tell who takes part in a tender (招标投标法 22), and a row "this
person is told of this project" would. So until then a tenderer is told by the public board alone:
by its feed, or by mail about every notice of the board alike. After CLOSE the bidders whom the
trustees have opened are told by name.
"""
