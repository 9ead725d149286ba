// SPDX-License-Identifier: Apache-2.0
// The schema of the databases that the tests make.

export const migrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE item (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE, size INTEGER, bytes BLOB)
      STRICT`,
    'CREATE TABLE twin (id INTEGER PRIMARY KEY REFERENCES item, text TEXT NOT NULL) STRICT',
  ],
];
