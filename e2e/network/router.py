"""The router between the homes and the server, where everything goes wrong that can go wrong on the way."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import permutations

from e2e.network.namespaces import Namespace, run


@dataclass
class Line:
    """What the router does to the packets of one home, in both directions; nobody is told of a packet that is lost."""

    interfaces: tuple[str, ...]
    is_cut: bool = False
    is_udp_blocked: bool = False
    lost_percent: int = 0
    is_behind_nat: bool = False
    """Whether every flow goes out from another port of the router's, which only its addressee can answer to."""

    @property
    def names(self) -> str:
        """The interfaces, as nftables lists them."""
        return ", ".join(f'"{interface}"' for interface in self.interfaces)

    def rules(self) -> list[str]:
        """Return the rules of nftables for this."""
        faults = {
            "drop": self.is_cut,
            "meta l4proto udp drop": self.is_udp_blocked,
            f"numgen random mod 100 < {self.lost_percent} drop": self.lost_percent > 0,
        }
        active = [fault for fault, is_active in faults.items() if is_active]
        return [f"{direction} {{ {self.names} }} {fault}" for fault in active for direction in ("iifname", "oifname")]


@dataclass
class Router:
    """Forwards between all networks, but for what the faults of the lines swallow."""

    namespace: Namespace
    lines: list[Line] = field(default_factory=list)

    def apply(self) -> None:
        """Let the faults of all lines be as they say, from this instant on."""
        rules = "\n".join(rule for line in self.lines for rule in line.rules())
        between_homes = "\n".join(
            f"iifname {{ {one.names} }} oifname {{ {other.names} }} counter name direct"
            for one, other in permutations(self.lines, 2)
        )
        translated = "\n".join(
            f"iifname {{ {line.names} }} masquerade fully-random" for line in self.lines if line.is_behind_nat
        )
        # The router itself keeps silent too: an ICMP error would tell the other side of an address that is gone.
        self.namespace.filter(f"""
            table inet lab {{
                counter direct {{ }}
                chain between {{
                    type filter hook forward priority 0
                    {between_homes}
                    {rules}
                }}
                chain translated {{
                    type nat hook postrouting priority srcnat
                    {translated}
                }}
                chain own {{
                    type filter hook output priority 0
                    meta l4proto icmp drop
                }}
            }}
        """)

    def direct_packets(self) -> int:
        """Count the packets that have come from one home to another since the faults were last changed."""
        with self.namespace.entered():
            answer = json.loads(run("nft", "--json", "list", "counter", "inet", "lab", "direct"))
        return int(next(entry["counter"]["packets"] for entry in answer["nftables"] if "counter" in entry))
