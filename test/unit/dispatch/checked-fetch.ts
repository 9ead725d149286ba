// SPDX-License-Identifier: Apache-2.0
// Asks the API as a client does, and holds each answer against the OpenAPI document that the same
// server serves: its path, its status, its type, and its body to the last member.

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

type Operation = {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, object>> }>
  >;
};
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
};

const documents = new Map<string, Promise<Checker>>();

/** That of the platform, whatever stands in its place. */
const plainFetch = globalThis.fetch;

/** As `fetch`. @throws where the answer is not one that the document tells of. */
export async function checkedFetch(asked: string | URL, init: RequestInit = {}): Promise<Response> {
  const { origin, pathname } = new URL(asked);
  const checker = documents.get(origin) ?? Checker.of(origin);
  documents.set(origin, checker);
  const known = await checker;
  const response = await plainFetch(asked, init);
  await known.check(init.method ?? 'GET', pathname, response.clone());
  return response;
}

class Checker {
  readonly #document: Document;
  readonly #ajv: Ajv2020;

  private constructor(document: Document) {
    this.#document = document;
    this.#ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
    this.#ajv.addSchema({ $id: 'api', ...document });
    for (const word of ['openapi', 'info', 'servers', 'paths', 'components']) {
      this.#ajv.addKeyword(word);
    }
  }

  static async of(origin: string): Promise<Checker> {
    const response = await plainFetch(`${origin}/api/v1/openapi.json`);
    if (response.status !== 200) throw new Error(`no document: ${response.status}`);
    return new Checker((await response.json()) as Document);
  }

  async check(method: string, pathname: string, response: Response): Promise<void> {
    const path = this.#pathOf(pathname);
    // Nobody promises anything for what is not there.
    if (path === undefined) return;
    const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
    const what = `${method} ${path} ${response.status}`;
    const operation = this.#document.paths[path]?.[method.toLowerCase()];
    const answer = operation?.responses[response.status];
    if (answer === undefined) throw new Error(`${what} is not in the document`);
    const pointer = `#/paths/${escaped(path)}/${method.toLowerCase()}/responses/${response.status}`;
    if (answer.content === undefined) {
      if ((await response.arrayBuffer()).byteLength > 0) throw new Error(`${what} has a body`);
      return;
    }
    if (answer.content[type] === undefined) throw new Error(`${what} is not to be ${type}`);
    if (!/json$/.test(type)) {
      // One branch of two ends only with the other.
      void response.body?.cancel();
      return;
    }
    const validate = this.#validator(`${pointer}/content/${escaped(type)}/schema`);
    const body: unknown = await response.json();
    if (!validate(body)) {
      throw new Error(
        `${what}: ${this.#ajv.errorsText(validate.errors)} in ${JSON.stringify(body)}`,
      );
    }
  }

  #validator(pointer: string): ValidateFunction {
    const validate = this.#ajv.getSchema(`api${pointer}`);
    if (validate === undefined) throw new Error(`no schema at ${pointer}`);
    return validate;
  }

  #pathOf(pathname: string): string | undefined {
    const templates = Object.keys(this.#document.paths);
    if (templates.includes(pathname)) return pathname;
    return templates.find((template) =>
      new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(pathname),
    );
  }
}

function escaped(text: string): string {
  return encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));
}
