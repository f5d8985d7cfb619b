"""The report: one page of HTML from the published marts, for the reader who gets an attachment and not a login."""
