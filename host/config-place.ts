// SPDX-License-Identifier: Apache-2.0
// Where in a YAML document a key or a value stands, as offsets into its text.

import { type Document, isMap, isNode, isScalar, isSeq, type Node, type Pair } from 'yaml';

/** From the top of the document down: keys of maps, indexes of lists. */
export type ConfigPath = readonly (string | number)[];

/** `meters[0].serial.baud` */
export function pathText(path: ConfigPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number' || /^\d+$/.test(step)) return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

/** Of the value, or of the nearest one around it that the document has. */
export function valueStart(document: Document, path: ConfigPath): number {
  let node: Node | null = document.contents;
  let start = startOf(node);
  for (const step of path) {
    node = childOf(node, step);
    if (node === null) break;
    start = startOf(node);
  }
  return start;
}

/** Of the key that the last step of the path names. */
export function keyStart(document: Document, path: ConfigPath): number {
  let node: Node | null = document.contents;
  for (const step of path.slice(0, -1)) node = childOf(node, step);
  const pair = isMap(node) ? pairOf(node.items, path.at(-1)) : undefined;
  return isNode(pair?.key) ? startOf(pair.key) : valueStart(document, path);
}

function childOf(node: Node | null, step: string | number): Node | null {
  if (isMap(node)) {
    const pair = pairOf(node.items, step);
    if (isNode(pair?.value)) return pair.value;
    return isNode(pair?.key) ? pair.key : null;
  }
  if (!isSeq(node)) return null;
  const item = node.items[Number(step)];
  return isNode(item) ? item : null;
}

/** Of a key given twice the last counts, as it does for the parser. */
function pairOf(pairs: readonly Pair[], step: string | number | undefined): Pair | undefined {
  return pairs.findLast(({ key }) => isScalar(key) && String(key.value) === String(step));
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}
