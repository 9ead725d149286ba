// SPDX-License-Identifier: Apache-2.0
// Which topics a subscription's filter means: MQTT 5.0 §4.7, and §4.8.2 for shared subscriptions.

export function topicMatches(options: {
  readonly filter: string;
  readonly topic: string;
}): boolean {
  const { filter, topic } = options;
  const wanted = filter.split('/');
  if (wanted[0] === '$share') wanted.splice(0, 2);
  const levels = topic.split('/');
  // Wildcards at the first level do not mean the broker's own topics.
  if (levels[0]?.startsWith('$') && (wanted[0] === '#' || wanted[0] === '+')) return false;
  for (const [i, level] of wanted.entries()) {
    // Also the level above: `a/#` means `a`, too.
    if (level === '#') return true;
    if (i >= levels.length || (level !== '+' && level !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}
