"""From the keys of a rule file to rules, piece by piece; every piece reports and reads on."""
