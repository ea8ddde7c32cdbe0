// A printer with its paper, which comes out of the slot and hangs there.
pragma ComponentBehavior: Bound
import QtQuick

Item {
    id: scene
    property bool slip: false
    property bool works: false        // the printer still prints
    property bool held: false         // a trouble holds it up
    property int sheets: 1
    property int out: 96              // how much of the sheets is out of the slot
    readonly property int sheetWidth: slip ? 260 : 400
    implicitWidth: 620
    implicitHeight: 132 + out + 16 * shown
    readonly property int shown: Math.min(3, sheets) - 1   // sheets behind the first

    Rectangle {
        width: 620
        height: 168
        radius: 36
        color: Theme.card
        border.color: Theme.ink
        border.width: 8
        Rectangle {
            x: 60
            y: 124
            width: 500
            height: 16
            radius: 8
            color: Theme.ink
        }
        Spinner { visible: scene.works && !scene.held; x: 60; y: 44; color: Theme.jade; size: 56 }
        Icon {
            visible: !scene.works || scene.held
            x: 60
            y: 40
            name: scene.held ? "warning" : "check"
            color: scene.held ? Theme.amber : Theme.jade
            size: 64
        }
    }
    Item {
        y: 132
        width: 620
        height: scene.implicitHeight - y
        clip: true
        Repeater {
            model: scene.shown + 1
            Rectangle {
                id: sheet
                required property int index
                readonly property int behind: scene.shown - index
                width: scene.sheetWidth
                height: scene.slip ? 420 : 540
                x: (620 - width) / 2 + 16 * behind
                y: scene.out - height + 16 * behind
                color: Theme.card
                border.color: Theme.edge
                border.width: 3
                Column {
                    visible: sheet.behind === 0
                    x: 44
                    y: 60
                    spacing: 34
                    Repeater {
                        model: [0.5, 0.9, 0.8, 0.9, 0.6, 0.9, 0.7, 0.4]
                        Rectangle {
                            required property real modelData
                            width: (sheet.width - 88) * modelData
                            height: 12
                            radius: 6
                            color: Theme.blueTint
                        }
                    }
                }
            }
        }
    }
}
