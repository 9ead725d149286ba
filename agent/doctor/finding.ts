// SPDX-License-Identifier: Apache-2.0
// What an examination of a gateway has found, one thing each, and how it is shown to a person. What
// is not well always says what to do about it.

export type Area =
  | 'configuration'
  | 'data'
  | 'disk'
  | 'clock'
  | 'power'
  | 'serial'
  | 'network'
  | 'broker'
  | 'meters';

export type Finding =
  | { readonly area: Area; readonly state: 'good'; readonly what: string }
  | {
      readonly area: Area;
      /** `attention`: works, and may not for long. `bad`: does not work. */
      readonly state: 'attention' | 'bad';
      readonly what: string;
      readonly advice: string;
    };

/** What was found, and below it what to do where it is not well; as wide as it comes. */
export function findingText(finding: Finding): string {
  const head = `${finding.state.padEnd(9)}  ${finding.area.padEnd(13)}  `;
  const indent = ' '.repeat(head.length);
  const below = (text: string): string => text.replaceAll('\n', `\n${indent}`);
  const found = head + below(finding.what);
  return finding.state === 'good' ? found : `${found}\n${indent}→ ${below(finding.advice)}`;
}

export function verdictText(findings: readonly Finding[]): string {
  const count = (state: Finding['state']) => findings.filter((one) => one.state === state).length;
  const bad = count('bad');
  const attention = count('attention');
  if (bad === 0 && attention === 0) return 'all is well';
  const things = (n: number) => (n === 1 ? '1 thing' : `${n} things`);
  return [
    ...(bad === 0 ? [] : [`${things(bad)} must be put right`]),
    ...(attention === 0 ? [] : [`${things(attention)} to look at`]),
  ].join(', ');
}
