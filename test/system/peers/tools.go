// SPDX-License-Identifier: Apache-2.0

//go:build tools

// Names the programs that `build` builds, so that go.mod pins what they are made of.
package main

import (
	_ "filippo.io/torchwood/cmd/litewitness"
)
