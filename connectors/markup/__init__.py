"""Markdown as Jira shows it: Atlassian Document Format (Cloud) and wiki text (Data Center); and ADF as plain words.

One parser reads the Markdown (`pyromark`: CommonMark with tables, task lists and strikethrough), `tree` makes blocks
and runs of it, `adf` and `wiki` write these down. Both promise: any text is taken, its words are all there, HTML
comments are gone, other HTML is shown as it was written, nobody is mentioned, nothing is loaded from elsewhere (images
become links), and only web and mail addresses become links.
"""

from connectors.markup.adf import to_adf
from connectors.markup.plain import adf_text
from connectors.markup.wiki import to_wiki

__all__ = ["adf_text", "to_adf", "to_wiki"]
