// One icon of the family (assets/icons), drawn in one colour.
pragma ComponentBehavior: Bound
import QtQuick

Image {
    property string name
    property color color: Theme.blue
    property int size: 48
    width: size
    height: size
    sourceSize: Qt.size(size, size)
    source: name.length > 0 ? "image://icon/" + name + "/" + color.toString().substring(1) : ""
    visible: name.length > 0
    Accessible.ignored: true
}
