// SPDX-License-Identifier: Apache-2.0

// A static program: no loader, no preload.
package main

import "os"

func main() {
	os.Exit(3)
}
