// SPDX-License-Identifier: Apache-2.0

import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;

// Peer web HOST PORT FILE SUM fetches from a web server; echo HOST PORT talks
// to an echo server by a Socket and by many SocketChannels at once. server
// and channels HOST PORT are echo servers, by ServerSocket and by
// ServerSocketChannel, that tell each client the client's name and its own.
public class Peer {
    public static void main(String[] args) throws Exception {
        String host = args[1];
        int port = Integer.parseInt(args[2]);
        switch (args[0]) {
            case "web" -> web(host, port, Path.of(args[3]), args[4]);
            case "echo" -> {
                socket(host, port);
                channels(host, port, 50);
                System.out.println("well");
            }
            case "server" -> server(host, port);
            case "channels" -> channelServer(host, port);
        }
    }

    static void check(Object got, Object want, String what) {
        if (!got.equals(want)) {
            throw new IllegalStateException(what + ": got " + got + ", want " + want);
        }
    }

    static String name(java.net.SocketAddress a) {
        InetSocketAddress i = (InetSocketAddress) a;
        return i.getAddress().getHostAddress() + ":" + i.getPort();
    }

    static void web(String host, int port, Path file, String sum) throws Exception {
        String url = "http://" + host + ":" + port;
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        byte[] got = client.send(HttpRequest.newBuilder(URI.create(url + "/file")).build(),
            HttpResponse.BodyHandlers.ofByteArray()).body();
        check(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(got)), sum, "file");
        String answer = client.send(HttpRequest.newBuilder(URI.create(url + "/sum"))
            .PUT(HttpRequest.BodyPublishers.ofByteArray(Files.readAllBytes(file))).build(),
            HttpResponse.BodyHandlers.ofString()).body();
        check(answer, sum, "sum");
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            String want = i + " " + "x".repeat(300);
            all.add(client.sendAsync(HttpRequest.newBuilder(URI.create(url + "/small?" + i)).build(),
                HttpResponse.BodyHandlers.ofString()).thenAccept(r -> check(r.body(), want, "small")));
        }
        for (CompletableFuture<Void> f : all) {
            f.get();
        }
        System.out.println("well");
    }

    static void socket(String host, int port) throws Exception {
        try (Socket s = new Socket()) {
            s.setTcpNoDelay(true);
            s.connect(new InetSocketAddress(host, port), 30_000);
            s.setSoTimeout(60_000);
            check(name(s.getRemoteSocketAddress()), host + ":" + port, "remote");
            InputStream in = s.getInputStream();
            StringBuilder line = new StringBuilder();
            for (int b; (b = in.read()) != '\n';) {
                line.append((char) b);
            }
            check(line.toString(), name(s.getLocalSocketAddress()), "local");
            s.getOutputStream().write("hello".getBytes());
            s.shutdownOutput();
            check(new String(in.readAllBytes()), "hello", "echo");
        }
    }

    static final class State {
        final ByteBuffer got = ByteBuffer.allocate(8192);
    }

    static void channels(String host, int port, int count) throws Exception {
        Selector selector = Selector.open();
        for (int i = 0; i < count; i++) {
            SocketChannel c = SocketChannel.open();
            c.configureBlocking(false);
            SelectionKey key = c.register(selector, SelectionKey.OP_CONNECT, new State());
            if (c.connect(new InetSocketAddress(host, port))) {
                key.interestOps(SelectionKey.OP_READ);
            }
        }
        byte[] payload = "y".repeat(3000).getBytes();
        int open = count;
        while (open > 0) {
            if (selector.select(60_000) == 0) {
                throw new IllegalStateException("nothing comes for " + open + " channels");
            }
            for (SelectionKey key : selector.selectedKeys()) {
                SocketChannel c = (SocketChannel) key.channel();
                ByteBuffer got = ((State) key.attachment()).got;
                if (key.isConnectable()) {
                    check(c.finishConnect(), true, "finishConnect");
                    check(name(c.getRemoteAddress()), host + ":" + port, "remote");
                    check(c.write(ByteBuffer.wrap(payload)), payload.length, "written");
                    c.shutdownOutput();
                    key.interestOps(SelectionKey.OP_READ);
                } else if (c.read(got) < 0) {
                    String text = new String(got.array(), 0, got.position());
                    check(text, name(c.getLocalAddress()) + "\n" + "y".repeat(3000), "echo");
                    c.close();
                    open--;
                }
            }
            selector.selectedKeys().clear();
        }
    }

    static void server(String host, int port) throws Exception {
        try (ServerSocket listener = new ServerSocket(port, 50, InetAddress.getByName(host))) {
            for (;;) {
                Socket s = listener.accept();
                new Thread(() -> {
                    try (s) {
                        String line = name(s.getRemoteSocketAddress()) + " " + name(s.getLocalSocketAddress()) + "\n";
                        s.getOutputStream().write(line.getBytes());
                        s.getInputStream().transferTo(s.getOutputStream());
                    } catch (Exception e) {
                        e.printStackTrace();
                    }
                }).start();
            }
        }
    }

    static void channelServer(String host, int port) throws Exception {
        Selector selector = Selector.open();
        ServerSocketChannel listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress(host, port));
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
        for (;;) {
            selector.select();
            for (SelectionKey key : selector.selectedKeys()) {
                if (key.isAcceptable()) {
                    SocketChannel c = listener.accept();
                    if (c == null) {
                        continue;
                    }
                    String line = name(c.getRemoteAddress()) + " " + name(c.getLocalAddress()) + "\n";
                    c.write(ByteBuffer.wrap(line.getBytes()));
                    c.configureBlocking(false);
                    ByteBuffer b = ByteBuffer.allocate(4096);
                    b.limit(0);
                    c.register(selector, SelectionKey.OP_READ, b);
                    continue;
                }
                SocketChannel c = (SocketChannel) key.channel();
                ByteBuffer b = (ByteBuffer) key.attachment();
                if (!b.hasRemaining()) {
                    b.clear();
                    int n = c.read(b);
                    b.flip();
                    if (n < 0) {
                        c.close();
                        continue;
                    }
                }
                c.write(b);
                key.interestOps(b.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
            }
            selector.selectedKeys().clear();
        }
    }
}
