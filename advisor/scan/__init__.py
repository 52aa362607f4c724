"""What a project's code loads: from files to usages, parsed and never imported."""
