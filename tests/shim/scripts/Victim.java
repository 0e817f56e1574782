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
        var field = Class.forName("sun.misc.Unsafe").getDeclaredField("theUnsafe");
        field.setAccessible(true);
        ((sun.misc.Unsafe) field.get(null)).putLong(0L, 0L);
    }

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "null" -> nullChecks();
            case "overflow" -> overflow();
            case "throw" -> throw new IllegalStateException("nobody catches this");
            case "exit" -> System.exit(3);
            case "crash" -> crash();
            default -> System.out.println("?");
        }
    }
}
