// SPDX-License-Identifier: Apache-2.0

// What Go's runtime does with signals, with C in the same process.
package main

/*
#include <stdlib.h>
static void fault(void) { *(volatile int *)0 = 1; }
static void end(void) { abort(); }
static int twice(int n) { return 2 * n; }
*/
import "C"

import (
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

type node struct{ next *node }

var nothing *node

func nilCaught() (caught bool) {
	defer func() { caught = recover() != nil }()
	return nothing.next == nil
}

func manyCaught() {
	count := 0
	for i := 0; i < 1000; i++ {
		if nilCaught() {
			count++
		}
	}
	fmt.Println(count, C.twice(21))
}

func notified() {
	got := make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGTERM, syscall.SIGUSR1)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	fmt.Println(<-got)
	signal.Reset(syscall.SIGTERM)
	syscall.Kill(os.Getpid(), syscall.SIGTERM)
	time.Sleep(9 * time.Second)
}

// Loops without a call are interrupted by SIGURG.
func storm() {
	var group sync.WaitGroup
	for i := 0; i < 8; i++ {
		group.Add(1)
		go func() {
			for n, end := 0, time.Now().Add(300*time.Millisecond); n%1000000 != 0 || time.Now().Before(end); n++ {
			}
			group.Done()
		}()
	}
	group.Wait()
	fmt.Println("calm")
}

func main() {
	acts := map[string]func(){
		"caught": manyCaught,
		"notify": notified,
		"storm":  storm,
		"panic":  func() { panic("nobody catches this") },
		"nil":    func() { fmt.Println(nothing.next) },
		"fault":  func() { C.fault() },
		"abort":  func() { C.end() },
		"exit":   func() { os.Exit(3) },
	}
	acts[os.Args[1]]()
}
