// SPDX-License-Identifier: Apache-2.0
// What a JSON schema found wrong with a configuration or a request, in words that say how to set it right.
// Names of keys and allowed values appear, values that were given never do: some of them are secrets.

import type { ErrorObject } from 'ajv';
import { didYouMean } from '../base/nearest.ts';
import type { ConfigPath } from './config-place.ts';

export type Problem = {
  readonly path: ConfigPath;
  readonly message: string;
  readonly hint?: string | undefined;
  /** Where to point at: the value that `path` names, its key, or an offset into the text. */
  readonly at: 'value' | 'key' | number;
};

export function schemaProblems(errors: readonly ErrorObject[]): readonly Problem[] {
  return errors.filter((error) => !isSummary(error, errors)).map(schemaProblem);
}

/** Says only, less well, what another error says: "matches no branch", "the missing key is not a text". */
function isSummary(error: ErrorObject, errors: readonly ErrorObject[]): boolean {
  const { keyword, schemaPath, instancePath, params } = error;
  if (keyword === 'discriminator') {
    return errors.some(
      (other) => other.instancePath === instancePath && other.params.missingProperty === params.tag,
    );
  }
  return (
    ['oneOf', 'anyOf', 'if', 'allOf'].includes(keyword) &&
    errors.some((other) => other !== error && other.schemaPath.startsWith(`${schemaPath}/`))
  );
}

function schemaProblem(error: ErrorObject): Problem {
  const path = stepsOf(error.instancePath);
  const { params, parentSchema, data } = error;
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const key = String(params.additionalProperty ?? params.unevaluatedProperty);
      const known = Object.keys(objectOf(parentSchema?.properties));
      const hint = didYouMean(key, known) ?? `known here: ${known.join(', ')}`;
      return { path: [...path, key], message: 'unknown key', hint, at: 'key' };
    }
    case 'required': {
      const key = String(params.missingProperty);
      const hint = descriptionOf(objectOf(parentSchema?.properties)[key]);
      return { path: [...path, key], message: 'is missing', hint, at: 'value' };
    }
    case 'discriminator': {
      const tag = String(params.tag);
      return oneOf([...path, tag], constants(parentSchema, tag), params.tagValue);
    }
    case 'const':
      return oneOf(path, [params.allowedValue], data);
    case 'enum':
      return oneOf(path, listOf(params.allowedValues), data);
    case 'type': {
      const message = `must be ${listOf([params.type].flat()).join(' or ')}, is ${kindOf(data)}`;
      return { path, message, hint: typeHint(error) ?? descriptionOf(parentSchema), at: 'value' };
    }
    case 'pattern': {
      // A regular expression is no help on a cold night; its description is.
      const words = descriptionOf(parentSchema);
      const message =
        words === undefined ? (error.message ?? 'has another form') : `must be ${words}`;
      return { path, message, at: 'value' };
    }
    default: {
      const message = error.message ?? `fails ${error.keyword}`;
      return { path, message, hint: descriptionOf(parentSchema), at: 'value' };
    }
  }
}

function oneOf(path: ConfigPath, allowed: readonly unknown[], given: unknown): Problem {
  const words = allowed.map(String);
  const isWord = typeof given === 'string' && words.length > 1;
  return {
    path,
    message: words.length === 1 ? `must be ${words[0]}` : `must be one of ${words.join(', ')}`,
    hint: isWord ? didYouMean(given, words) : undefined,
    at: 'value',
  };
}

/** What the branches of a discriminated `oneOf` call themselves. */
function constants(schema: unknown, tag: string): readonly unknown[] {
  return listOf(objectOf(schema).oneOf).flatMap((branch) => {
    const property = objectOf(objectOf(objectOf(branch).properties)[tag]);
    return 'const' in property ? [property.const] : listOf(property.enum);
  });
}

function typeHint({ params, data }: ErrorObject): string | undefined {
  const wanted = listOf([params.type].flat());
  if (typeof data !== 'string') return wanted.includes('string') ? 'put it in quotes' : undefined;
  if (wanted.includes('boolean')) return 'write true or false, without quotes';
  const number = wanted.includes('integer') || wanted.includes('number');
  return number && /^-?\d/.test(data) ? 'write the number without quotes and unit' : undefined;
}

function descriptionOf(schema: unknown): string | undefined {
  const description = objectOf(schema).description;
  return typeof description === 'string' ? description : undefined;
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'a map' : typeof value;
}

/** Of a JSON pointer (RFC 6901). */
function stepsOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
