// SPDX-License-Identifier: Apache-2.0
// A Modbus server made of libmodbus, to be read and written by our masters:
//   libmodbus_server tcp PORT UNIT | libmodbus_server rtu TTY UNIT   (9600 8N1)
// Standard input says what its registers hold, `address word` a line, up to its end; holding and input
// registers hold the same, and 16 coils from 0 are off. Prints `ready` when it serves.

#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COILS 16

static modbus_mapping_t *mapping_from_input(void) {
  static unsigned short words[65536];
  unsigned address, word, first = 65535, last = 0;
  while (scanf("%u %u", &address, &word) == 2) {
    if (address > 65535) return NULL;
    words[address] = (unsigned short)word;
    if (address < first) first = address;
    if (address > last) last = address;
  }
  if (first > last) return NULL;
  unsigned count = last - first + 1;
  modbus_mapping_t *mapping =
      modbus_mapping_new_start_address(0, COILS, 0, 0, first, count, first, count);
  if (mapping == NULL) return NULL;
  memcpy(mapping->tab_registers, words + first, count * sizeof words[0]);
  memcpy(mapping->tab_input_registers, words + first, count * sizeof words[0]);
  return mapping;
}

static void answer(modbus_t *context, modbus_mapping_t *mapping) {
  uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
  for (;;) {
    int length = modbus_receive(context, query);
    if (length > 0) modbus_reply(context, query, length, mapping);
    // 0: for another unit. A broken frame is left out; a connection that is gone ends this.
    if (length < 0 && (errno == ECONNRESET || errno == EBADF || errno == EIO)) return;
  }
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  int is_tcp = strcmp(argv[1], "tcp") == 0;
  modbus_mapping_t *mapping = mapping_from_input();
  modbus_t *context = is_tcp ? modbus_new_tcp("127.0.0.1", atoi(argv[2]))
                             : modbus_new_rtu(argv[2], 9600, 'N', 8, 1);
  if (mapping == NULL || context == NULL) return 2;
  modbus_set_slave(context, atoi(argv[3]));
  if (!is_tcp) {
    if (modbus_connect(context) != 0) return 1;
    printf("ready\n");
    fflush(stdout);
    answer(context, mapping);
    return 0;
  }
  int server = modbus_tcp_listen(context, 1);
  if (server < 0) return 1;
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    if (modbus_tcp_accept(context, &server) < 0) return 1;
    answer(context, mapping);
    modbus_close(context);
  }
}
