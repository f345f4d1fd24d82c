"""What several suites share: running real playbooks and asking the lab vCenter what it was asked."""
