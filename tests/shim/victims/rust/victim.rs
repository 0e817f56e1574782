// SPDX-License-Identifier: Apache-2.0
//! What Rust's runtime does with the ends of a program.

fn deeper(depth: u64) -> u64 {
    let room = [depth; 64];
    let below = deeper(depth + 1);

    // A read that is not left out, after the call: it cannot become a loop.
    below ^ unsafe { std::ptr::read_volatile(&room[(depth % 64) as usize]) }
}

fn in_thread(act: fn()) -> bool {
    std::thread::Builder::new()
        .name("worker".into())
        .spawn(act)
        .unwrap()
        .join()
        .is_err()
}

fn overflow() {
    println!("{}", deeper(0));
}

fn panics() {
    panic!("nobody catches this");
}

fn fault() {
    unsafe { std::ptr::null_mut::<u64>().write_volatile(1) };
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("overflow") => overflow(),
        Some("overflow_in_thread") => println!("{}", in_thread(overflow)),
        Some("panic") => panics(),
        Some("panic_in_thread") => println!("failed: {}", in_thread(panics)),
        Some("caught") => println!("{}", std::panic::catch_unwind(panics).is_err()),
        Some("abort") => std::process::abort(),
        Some("exit") => std::process::exit(3),
        Some("fault") => fault(),
        Some("fault_in_thread") => println!("{}", in_thread(fault)),
        _ => println!("no such act"),
    }
}
