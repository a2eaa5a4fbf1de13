"""The configuration of a workspace: settings, seeds, folders."""
