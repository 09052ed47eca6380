"""Spreadsheets of projects: read, judged by the rules of the submission, shown in advance, stored whole or not at all.

`sheets` → rows of text; `targets` → which projects they are about; `cells` → what the forms of the submission take;
`checking` → what is wrong; `storing` → rows in the database; `importing` puts it together. Nothing here makes anything
public.
"""
