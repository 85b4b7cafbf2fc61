import ipaddr from "ipaddr.js";

/** Whether an address lies in one of some networks. */
export type Networks = (address: string) => boolean;

/** `10.2.0.0/16,fd00::/8`; null when that is no list of networks. */
export function parseNetworks(text: string): Networks | null {
  const parts = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  if (!parts.every((part) => ipaddr.isValidCIDR(part))) return null;
  const networks = parts.map((part) => ipaddr.parseCIDR(part));
  return (address) => {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    return networks.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits));
  };
}
