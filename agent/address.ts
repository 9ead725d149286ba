// SPDX-License-Identifier: Apache-2.0
// Where a gateway is reached by the other members of its chain: `host:port`, IPv6 in brackets.

export type Address = { readonly host: string; readonly port: number };

/** undefined for what is no address that can be called. */
export function parseAddress(text: string): Address | undefined {
  const [, name, address, digits] = /^(?:([^\s:[\]]+)|\[([^\s[\]]+)\]):(\d{1,5})$/.exec(text) ?? [];
  const host = name ?? address;
  const port = Number(digits);
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

/** Good for listening on, and for nobody to call. */
export function isAnyHost({ host }: Address): boolean {
  return host === '0.0.0.0' || /^[0:]+$/.test(host);
}
