// SPDX-License-Identifier: Apache-2.0
/** What a virtual machine does with signals of its own. */
public class Victim {
    static Object nothing;
    static int depth;

    static void nullChecks() {
        int caught = 0;
        for (int i = 0; i < 200000; i++) {
            try {
                nothing.hashCode();
            } catch (NullPointerException e) {
                caught++;
            }
        }
        System.out.println(caught);
    }

    static void deeper() {
        depth++;
        deeper();
    }

    static void overflow() {
        try {
            deeper();
        } catch (StackOverflowError e) {
            System.out.println(depth > 100);
        }
    }

    static void crash() throws Exception {
        var unsafe = Class.forName("sun.misc.Unsafe");
        var field = unsafe.getDeclaredField("theUnsafe");
        field.setAccessible(true);
        unsafe.getMethod("putLong", long.class, long.class).invoke(field.get(null), 0L, 0L);
    }

    static native void fault();

    static native void end();

    static native int twice(int n);

    /** 1000 null checks with calls of C between them. */
    static void calls() {
        int caught = 0;
        for (int i = 0; i < 1000; i++) {
            try {
                nothing.hashCode();
            } catch (NullPointerException e) {
                caught += twice(1);
            }
        }
        System.out.println(caught);
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length > 1) {
            System.load(arguments[1]);
        }
        switch (arguments[0]) {
            case "null" -> nullChecks();
            case "overflow" -> overflow();
            case "throw" -> throw new IllegalStateException("nobody catches this");
            case "exit" -> System.exit(3);
            case "crash" -> crash();
            case "calls" -> calls();
            case "native_crash" -> fault();
            case "native_abort" -> end();
            default -> System.out.println("?");
        }
    }
}
