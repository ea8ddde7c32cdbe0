// Base of every page: its content, and whether 退出 stands in its foot.
pragma ComponentBehavior: Bound
import QtQuick

Item {
    required property QtObject view
    property bool leave: true
}
