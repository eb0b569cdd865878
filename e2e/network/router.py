"""The router between the homes and the server, where everything goes wrong that can go wrong on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

from e2e.network.namespaces import Namespace


@dataclass
class Line:
    """What the router does to the packets of one home, in both directions; nobody is told of a packet that is lost."""

    interfaces: tuple[str, ...]
    is_cut: bool = False
    is_udp_blocked: bool = False
    lost_percent: int = 0

    def rules(self) -> list[str]:
        """Give the rules of nftables for this."""
        names = ", ".join(f'"{interface}"' for interface in self.interfaces)
        faults = {
            "drop": self.is_cut,
            "meta l4proto udp drop": self.is_udp_blocked,
            f"numgen random mod 100 < {self.lost_percent} drop": self.lost_percent > 0,
        }
        active = [fault for fault, is_active in faults.items() if is_active]
        return [f"{direction} {{ {names} }} {fault}" for fault in active for direction in ("iifname", "oifname")]


@dataclass
class Router:
    """Forwards between all networks, but for what the faults of the lines swallow."""

    namespace: Namespace
    lines: list[Line] = field(default_factory=list)

    def apply(self) -> None:
        """Let the faults of all lines be as they say, from this instant on."""
        rules = "\n".join(rule for line in self.lines for rule in line.rules())
        # The router itself keeps silent too: an ICMP error would tell the other side of an address that is gone.
        self.namespace.filter(f"""
            table inet lab {{
                chain between {{
                    type filter hook forward priority 0
                    {rules}
                }}
                chain own {{
                    type filter hook output priority 0
                    meta l4proto icmp drop
                }}
            }}
        """)
