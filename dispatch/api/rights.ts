// SPDX-License-Identifier: Apache-2.0
// Who may do what by the API: roles, the rights that each has, and what a token narrows them to.
// A right that is not named here is nobody's.

/**
 * `log`: the main log itself, and who takes part. `chains`: chains and their history. `records`:
 * commands, rules and acts. `operate`: metrics and health. What is written is signed besides, and
 * counts by that: `enrol`, `record`, `request` (for raw readings), `govern` and `trade` let it in.
 * `market`: what is said in the market, to whoever takes part in it or watches over it.
 */
export type Right =
  | 'log'
  | 'chains'
  | 'records'
  | 'enrol'
  | 'record'
  | 'request'
  | 'govern'
  | 'market'
  | 'trade'
  | 'operate';

export const roles = [
  'regulator',
  'plant',
  'local-centre',
  'dispatch-centre',
  'market',
  'sidechain',
  'admin',
] as const;
export type Role = (typeof roles)[number];

const rightsOf: Readonly<Record<Role, readonly Right[]>> = {
  /** Reads all, audits, and writes nothing else. */
  regulator: ['log', 'chains', 'records', 'request', 'market'],
  /** Reads its own chains, or its own devices on them. */
  plant: ['log', 'chains'],
  /** Reads its own chains, enrols new ones. */
  'local-centre': ['log', 'chains', 'enrol', 'govern'],
  'dispatch-centre': [
    ...(['log', 'chains', 'records', 'enrol', 'record', 'request', 'govern'] as const),
    ...(['market', 'trade', 'operate'] as const),
  ],
  /** In and out of the market; what is measured is none of its business. */
  market: ['log', 'market', 'trade'],
  /** Gateways: what the market says to their chains, and their own word. */
  sidechain: ['market', 'trade'],
  /** Keeps the program running: what was measured is none of its business. */
  admin: ['log', 'operate'],
};

/** Roles whose tokens must name the chains they are for. */
export const scopedRoles: ReadonlySet<Role> = new Set<Role>(['plant', 'local-centre', 'sidechain']);

/** Whoever asks, as far as it is known. */
export type Caller = {
  /** For messages: the name of a token. */
  readonly name: string;
  readonly rights: ReadonlySet<Right>;
  /** Ids as 64 small hex digits. */
  readonly chains: ReadonlySet<string> | 'all';
  readonly devices: ReadonlySet<string> | 'all';
};

/** Without a token, where tokens are asked for. */
export const stranger: Caller = {
  name: 'nobody',
  rights: new Set(),
  chains: new Set(),
  devices: new Set(),
};

/** On this machine, as long as there are no tokens. */
export const localUser: Caller = {
  name: 'this machine',
  rights: new Set<Right>(rightsOf['dispatch-centre']),
  chains: 'all',
  devices: 'all',
};

/** Empty lists of chains or devices are no narrowing. */
export function callerWith(token: {
  readonly name: string;
  readonly role: Role;
  readonly chains: readonly string[];
  readonly devices: readonly string[];
}): Caller {
  const { name, role, chains, devices } = token;
  return {
    name,
    rights: new Set(rightsOf[role]),
    chains: scopedRoles.has(role) ? new Set(chains) : 'all',
    devices: devices.length > 0 ? new Set(devices) : 'all',
  };
}

export function mayReadChain({ chains }: Caller, chainId: string): boolean {
  return chains === 'all' || chains.has(chainId.toLowerCase());
}

export function mayReadDevice({ devices }: Caller, device: string): boolean {
  return devices === 'all' || devices.has(device);
}

/** Roles that have a right, for messages. */
export function rolesWith(right: Right): readonly Role[] {
  return roles.filter((role) => rightsOf[role].includes(right));
}
