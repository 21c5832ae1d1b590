"""Konsilium: live surgery, questions to the theatre and decisions about patients."""

__version__ = "0.1.0"
