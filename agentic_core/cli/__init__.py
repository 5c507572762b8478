"""The commands of `agentic`; every group is loaded when it is called, and given its services by the host."""
