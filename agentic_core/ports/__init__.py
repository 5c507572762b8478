"""Every side effect the library needs, as Protocols; implementations do not inherit from them."""
