import java.io.BufferedReader;
import java.io.InputStreamReader;
import org.codelibs.opensearch.runner.OpenSearchRunner;

/**
 * One real OpenSearch node on loopback, in a process of its own so that it can be killed as machines are.
 * Arguments: its folder, then settings as name=value (several values with commas). Says "started"; ends with its input.
 */
public final class Node {
    private Node() {
    }

    public static void main(String[] arguments) throws Exception {
        OpenSearchRunner runner = new OpenSearchRunner();
        runner.onBuild((number, settings) -> {
            for (int place = 1; place < arguments.length; place++) {
                String[] pair = arguments[place].split("=", 2);
                if (pair[1].contains(",")) {
                    settings.putList(pair[0], pair[1].split(","));
                } else {
                    settings.put(pair[0], pair[1]);
                }
            }
        }).build(OpenSearchRunner.newConfigs().basePath(arguments[0]).numOfNode(1).disableESLogger());
        System.out.println("started");
        System.out.flush();
        new BufferedReader(new InputStreamReader(System.in)).readLine();
        runner.close();
    }
}
