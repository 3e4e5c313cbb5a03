"""A shop that writes mails."""
