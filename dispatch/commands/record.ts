// SPDX-License-Identifier: Apache-2.0
import { toHex } from '../../base/bytes.ts';
import { type Command, required, textOf, usageError } from '../../host/command.ts';
import { readKeyFile } from '../../host/key-file.ts';
import { keysAt } from '../../sidechain/chain/key-periods.ts';
import { recordKinds } from '../../sidechain/chain/main-record.ts';
import { readKeyPeriods } from '../govern.ts';
import { checkRecordReceipt, putRecord, type Recorded, readRecordFile } from '../put-record.ts';
import { apiOptions, apiPlaceOf } from './api-options.ts';

const name = 'dispatch record';

export const dispatchRecord: Command = {
  name,
  summary: 'Signs a command or a rule, puts it on the main log and keeps its receipt.',
  usage: `${name} --main-log FILE (--kind KIND --file FILE --key FILE [options] | --check RECEIPT)`,
  options: {
    'main-log': { value: 'FILE', description: 'main-log.json of the log that it is for' },
    kind: { value: 'KIND', description: recordKinds.join(', ') },
    file: { value: 'FILE', description: 'what it says; nothing looks into it' },
    key: { value: 'FILE', description: 'key of a person with the role dispatch' },
    out: { value: 'FILE', description: 'where the receipt goes, by default FILE.receipt' },
    check: { value: 'RECEIPT', description: 'check a receipt, without asking anybody' },
    ...apiOptions,
    json: { description: 'say what was proven as JSON' },
  },
  run: async ({ values, print }) => {
    const periods = await readKeyPeriods(required(name, values, 'main-log'));
    const receipt = textOf(values, 'check');
    const say = (recorded: Recorded, path: string) => {
      const { kind, index, size, signers } = recorded;
      const { keys, origin } = keysAt(periods, size);
      const shown = { kind, logIndex: index, size, signers: signers.map(toHex), receipt: path };
      const by = `${signers.length} of ${keys.length} keys of ${origin}`;
      const text = `${kind}: leaf ${index} of ${size}, signed for by ${by}`;
      print(values.json === true ? JSON.stringify(shown) : `${text}\nreceipt   ${path}`);
      return 0;
    };
    if (receipt !== undefined) {
      return say(checkRecordReceipt(await readRecordFile(receipt), periods), receipt);
    }
    const given = required(name, values, 'kind');
    const kind = recordKinds.find((one) => one === given);
    if (kind === undefined) throw usageError(`--kind is ${recordKinds.join(' or ')}`, name);
    const path = required(name, values, 'file');
    const receiptPath = textOf(values, 'out') ?? `${path}.receipt`;
    const signer = await readKeyFile(required(name, values, 'key'));
    const place = await apiPlaceOf(values);
    return say(await putRecord(place, { kind, path, periods, signer, receiptPath }), receiptPath);
  },
};
