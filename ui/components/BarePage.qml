// Base of every page: its content, and whether 退出 stands in its foot.
//
// A page that is ``untouched`` looks as if it was made anew: it is kept when the citizen leaves it, and
// shown again when its content is the same.
pragma ComponentBehavior: Bound
import QtQuick

Item {
    required property QtObject view
    property string name              // of the file, without ``.qml``
    property bool untouched: false
    property bool leave: true
    property bool back: false         // 返回 leads on; set once for a step, so that a kept page stays as it was
}
