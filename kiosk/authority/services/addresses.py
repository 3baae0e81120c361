"""What an address of the web says of where it leads, as far as that can be known without asking anybody. Shared by everything that
takes addresses from merchants and operators; not responsible for which addresses are allowed.
"""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
