"""What introspection cannot know of client libraries: one module for each, of text, which imports nothing of it.

A module has ``ROWS``, from the dotted name of a member to what its author would have annotated it with. It may have
``INHERITED``, from the dotted name of a class to a package, and the annotation of what the class inherits from there
that is awaited elsewhere. And it may have ``BASES``, from the dotted name of a class to the classes that something must
inherit from to pass for an instance.
"""
