// SPDX-License-Identifier: Apache-2.0
// The decoders of what meters say, and of what is asked of simulated ones.

import { concat, utf8 } from '../../base/bytes.ts';
import {
  decodeItem,
  singlePhaseBlocks,
  threePhaseBlocks,
} from '../../drivers/dlt645/data-items.ts';
import { judgeAnswer as judgeDlt, readRequest } from '../../drivers/dlt645/exchange.ts';
import { encodeFrame } from '../../drivers/dlt645/frame.ts';
import { relayRequest } from '../../drivers/dlt645/relay-frame.ts';
import { blockCheck, judgeIntroduction, judgeReadout } from '../../drivers/iec62056-21/readout.ts';
import type { RegisterRequest } from '../../drivers/line.ts';
import { coilQuestion, registerQuestion, writeQuestion } from '../../drivers/modbus/question.ts';
import { encodeRequest, judgeAnswer } from '../../drivers/modbus/rtu-frame.ts';
import { judgeBehindLate, Unanswered } from '../../drivers/modbus/unanswered.ts';
import {
  encodeCoilRead,
  encodeWrite,
  judgeCoils,
  judgeWrite,
} from '../../drivers/modbus/write-frame.ts';
import { OpenStream } from '../../drivers/p1/open-stream.ts';
import { SealedStream } from '../../drivers/p1/sealed-stream.ts';
import { TelegramStream } from '../../drivers/p1/telegram-stream.ts';
import type { PushDecoder } from '../../drivers/push-receiver.ts';
import { overheard } from '../../drivers/scan/overheard.ts';
import { startLoad } from '../../drivers/simulator/load.ts';
import { p1Telegram } from '../../drivers/simulator/p1-slave.ts';
import { RtuRequests } from '../../drivers/simulator/rtu-requests.ts';
import { framed, smlFile } from '../../drivers/simulator/sml-slave.ts';
import { parseWrite } from '../../drivers/simulator/write-requests.ts';
import { SmlFileStream } from '../../drivers/sml/file-stream.ts';
import { decodeTlv } from '../../drivers/sml/tlv.ts';
import { pack, unpack } from '../../host/packing.ts';
import { soundAnswer } from '../devices/faulty-slave.ts';
import { sealed, telegramNames, telegramText } from '../unit/drivers/p1/telegrams.ts';
import type { Decoder } from './decoder.ts';

const registers: RegisterRequest = { unit: 1, functionCode: 4, address: 100, count: 3 };
const askedRegisters = encodeRequest(registers);
const earlier: RegisterRequest = { ...registers, count: 2 };
const earlierRegisters = encodeRequest(earlier);
const written = { unit: 7, functionCode: 16, address: 100, values: [1, 2] } as const;
const switched = { unit: 7, functionCode: 5, address: 0, values: [1] } as const;
const coils = { unit: 7, address: 0, count: 2 };
const unanswered = new Unanswered();
for (const one of [registerQuestion(earlier), coilQuestion(coils), writeQuestion(written)]) {
  unanswered.add(one, false);
}
const askedWrite = encodeWrite(written);
const address = '000000000161';
const dltData = Uint8Array.of(0, 0, 1, 0, 0x26, 0, 0, 0);
const switching = relayRequest({
  address,
  order: 'trip',
  authority: { password: new Uint8Array(4), operator: new Uint8Array(4) },
  until: [26, 6, 21, 12, 0, 0],
});
const load = startLoad({ seed: 1, phaseCount: 3, timeMs: 0 });
const telegrams = [...telegramNames.map((name) => utf8(telegramText(name))), p1Telegram(load, 0)];
const encryption = new Uint8Array(16).fill(7);
const sealedTelegrams = [1, 2].map((counter) =>
  sealed(telegramText('TELEGRAM_V5'), { encryption, counter }),
);
const energy = { code: [1, 0, 1, 8, 0, 255], unit: 30, scaler: -1, value: 123_456n, status: 260 };
const key = { code: [129, 129, 199, 130, 5, 255], value: new Uint8Array(48).fill(0x1b) };
const smlBody = smlFile([energy, key], { serverId: new Uint8Array(10), number: 1 });
const block = utf8('1.8.0(0032826.545*kWh)\r\n2.8.0*01(1*kWh)(2)\r\n!\r\n\u0003');
const readout = Uint8Array.of(2, ...block, blockCheck(block));

/** All at once, then in two pieces. */
function streamed(make: () => PushDecoder<unknown>): Decoder['read'] {
  return (bytes) => {
    const [whole, parts] = [make(), make()];
    const half = bytes.length >> 1;
    parts.push(bytes.subarray(0, half));
    return [whole.push(bytes), whole.push(bytes), parts.push(bytes.subarray(half))];
  };
}

export const wireDecoders: readonly Decoder[] = [
  {
    name: 'modbus-rtu-answer',
    samples: [soundAnswer(askedRegisters), askedRegisters],
    read: (bytes) => judgeAnswer(registers, bytes),
  },
  {
    name: 'modbus-rtu-answer-behind-late-ones',
    samples: [concat(soundAnswer(earlierRegisters), soundAnswer(askedRegisters))],
    read: (bytes) => {
      const question = registerQuestion(registers);
      return judgeBehindLate(question, unanswered.before(question), bytes, () => undefined);
    },
  },
  {
    name: 'modbus-rtu-request',
    samples: [askedRegisters],
    read: (bytes) => new RtuRequests().push(bytes),
  },
  {
    name: 'modbus-rtu-write-answer',
    samples: [askedWrite.slice(0, 8), Uint8Array.of(7, 0x90, 2, 0x0d, 0xc1)],
    read: (bytes) => [judgeWrite(written, bytes), judgeWrite(switched, bytes)],
  },
  {
    name: 'modbus-coil-answer',
    samples: [Uint8Array.of(7, 1, 1, 3, 0x90, 0x71), encodeCoilRead(coils)],
    read: (bytes) => judgeCoils(coils, bytes),
  },
  { name: 'modbus-write-request', samples: [askedWrite.slice(1, -2)], read: parseWrite },
  {
    name: 'dlt645',
    samples: [
      encodeFrame({ address, control: 0x91, data: dltData }),
      encodeFrame({ address, control: 0xd1, data: dltData.slice(0, 1) }),
      encodeFrame({ address, control: 0x11, data: dltData.slice(0, 4) }),
    ],
    read: (bytes) => judgeDlt(readRequest(address, '00010000'), bytes),
  },
  {
    name: 'dlt645-relay',
    samples: [
      encodeFrame({ address, control: 0x9c, data: new Uint8Array() }),
      encodeFrame({ address, control: 0xdc, data: Uint8Array.of(4) }),
    ],
    read: (bytes) => judgeDlt(switching, bytes),
  },
  {
    name: 'dlt645-item',
    samples: [Uint8Array.of(0x26, 0, 0, 0), Uint8Array.of(0x99, 0x99, 0x81)],
    read: (bytes) =>
      [...singlePhaseBlocks, ...threePhaseBlocks].flatMap(({ items }) =>
        items.map((item) => decodeItem(item, bytes)),
      ),
  },
  { name: 'p1', samples: telegrams, read: streamed(() => new TelegramStream()) },
  {
    name: 'p1-without-key',
    samples: [...telegrams, ...sealedTelegrams],
    read: streamed(() => new OpenStream()),
  },
  {
    name: 'p1-sealed',
    samples: sealedTelegrams,
    read: streamed(() => new SealedStream({ encryption, authentication: undefined })),
  },
  // Behind the seal, where whoever has the key says what he likes.
  {
    name: 'p1-unsealed',
    samples: telegrams,
    read: (bytes) => {
      const text = String.fromCharCode(...bytes.subarray(0, 12_000));
      const frame = sealed(text, { encryption, counter: 1 });
      return new SealedStream({ encryption, authentication: undefined }).push(frame);
    },
  },
  {
    name: 'iec62056-21',
    samples: [readout, utf8('/ISK5ME162-0033\r\n'), utf8('/?!\r\n/ABB old\r\n')],
    read: (bytes) => [judgeIntroduction(bytes), judgeReadout(bytes)],
  },
  { name: 'sml', samples: [smlBody], read: streamed(() => new SmlFileStream()) },
  { name: 'sml-tlv', samples: [smlBody.slice(8, -8)], read: decodeTlv },
  // With a checksum that is right.
  {
    name: 'sml-file',
    samples: [smlBody.slice(8, -8)],
    read: (bytes) => new SmlFileStream().push(framed(bytes)),
  },
  {
    name: 'overheard',
    samples: [concat(askedRegisters, soundAnswer(askedRegisters), askedRegisters), ...telegrams],
    read: (bytes) =>
      overheard({
        startMs: 0,
        endMs: 1_000,
        pieces: [
          { atMs: 500, bytes },
          { atMs: 600, bytes },
        ],
      }),
  },
  { name: 'packed-message', samples: [pack(new Uint8Array(3_000).fill(0xa6))], read: unpack },
];
