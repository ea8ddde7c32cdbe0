// A spinner: the terminal works. It turns in steps, which costs little processor time.
pragma ComponentBehavior: Bound
import QtQuick

Item {
    id: spinner
    property color color: Theme.blue
    property int size: 48
    property bool running: visible
    property int at: 0
    width: size
    height: size
    Accessible.ignored: true
    Repeater {
        model: 8
        Rectangle {
            required property int index
            readonly property real turn: index * Math.PI / 4
            width: spinner.size / 6
            height: width
            radius: width / 2
            x: spinner.size / 2 + Math.sin(turn) * spinner.size * 0.38 - width / 2
            y: spinner.size / 2 - Math.cos(turn) * spinner.size * 0.38 - width / 2
            color: spinner.color
            opacity: 0.25 + 0.75 * (((index - spinner.at + 8) % 8) / 7)
        }
    }
    Timer {
        interval: 120
        repeat: true
        running: spinner.running && Theme.motion
        onTriggered: spinner.at = (spinner.at + 1) % 8
    }
}
